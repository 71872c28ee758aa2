"""Runs all of Spotter's processes in one terminal: labelled logs, restarts, an orderly stop, and no orphans.

Two processes guard each other. The outer one (`pair`) is what the person started; the inner one (`run`)
starts the services. If either is killed, the other ends everything: the kernel tells the inner of the outer's
death, and hands the outer whatever the inner leaves behind.
"""
