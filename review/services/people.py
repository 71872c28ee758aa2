"""People: invitations, roles, deactivation, the tour and API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from review.models import ApiToken, Invitation, PersonKind, Role, User, secret_hash, secret_make
from review.problems import Problem
from review.services.audit import audit_write

INVITATION_DAYS = 7


class UnableToChangePerson(Problem):
    status = 409
    code = "person_change_refused"
    title = "This change was refused"


class UnableToMakePerson(Problem):
    """`extra["field"]` names what was typed wrongly, when it was something typed."""

    status = 422
    code = "person_refused"
    title = "The account was not made"


# --- Accounts -----------------------------------------------------------------------------------------------


@transaction.atomic
def user_create_administrator(*, username: str, password: str, now: datetime) -> User:
    """The first administrator of an empty house."""
    person = _person_make(username=username, password=password, role=Role.ADMINISTRATOR)
    audit_write(actor=person, verb="user.created", target=person, payload={}, now=now)
    return person


def _person_make(*, username: str, password: str, role: str, email: str = "") -> User:
    person = User(username=username.strip(), email=email, role=role, **_flags_for(role))
    _check_username(person)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise UnableToMakePerson(" ".join(error.messages), field="password") from error
    person.set_password(password)
    person.save()
    return person


def _check_username(person: User) -> None:
    try:
        person.clean_fields(exclude={"password", "email"})
    except ValidationError as error:
        raise UnableToMakePerson(error.messages[0], field="username") from error
    if User.objects.filter(username__iexact=person.username).exists():
        raise UnableToMakePerson("That name is taken. Choose another one.", field="username")


def _flags_for(role: str) -> dict[str, bool]:
    """Django's admin is for administrators alone; nobody else is ever staff."""
    administrator = role == Role.ADMINISTRATOR
    return {"is_staff": administrator, "is_superuser": administrator}


@transaction.atomic
def user_set_role(*, actor: User, person: User, role: str, now: datetime) -> User:
    """Give a person another role. The last active administrator keeps theirs, or nobody could undo it."""
    if role not in Role.values:
        raise UnableToChangePerson("Choose one of the roles: reviewer, senior reviewer or administrator.")
    person = _locked_person(person)
    if person.role == role:
        return person
    if role != Role.ADMINISTRATOR:
        _keep_one_administrator(person)
    before, person.role = person.role, role
    person.is_staff = person.is_superuser = role == Role.ADMINISTRATOR
    person.save(update_fields=["role", "is_staff", "is_superuser"])
    audit_write(
        actor=actor, verb="user.role_changed", target=person, payload={"from": before, "to": role}, now=now
    )
    return person


@transaction.atomic
def user_deactivate(*, actor: User, person: User, now: datetime) -> User:
    """Close an account: it can no longer log in and its tokens stop. Its labels stay, under its pseudonym."""
    person = _locked_person(person)
    if not person.is_active:
        return person
    if person.pk == actor.pk:
        raise UnableToChangePerson("You cannot close your own account. Ask another administrator.")
    _keep_one_administrator(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    person.api_tokens.filter(revoked_at=None).update(revoked_at=now)
    audit_write(actor=actor, verb="user.deactivated", target=person, payload={}, now=now)
    return person


@transaction.atomic
def user_activate(*, actor: User, person: User, now: datetime) -> User:
    """Open a closed account again. Revoked tokens stay revoked."""
    person = _locked_person(person)
    if not person.is_active:
        person.is_active = True
        person.save(update_fields=["is_active"])
        audit_write(actor=actor, verb="user.activated", target=person, payload={}, now=now)
    return person


def _locked_person(person: User) -> User:
    if person.kind != PersonKind.PERSON:
        raise UnableToChangePerson("Import annotators and simulated reviewers have no account to change.")
    return User.objects.select_for_update().get(pk=person.pk)


def _keep_one_administrator(person: User) -> None:
    """Locks every administrator, so that two people demoting each other cannot both succeed."""
    active = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True)
    if [administrator.pk for administrator in active] == [person.pk]:
        raise UnableToChangePerson(
            f"{person.username} is the last administrator. Make somebody else administrator first."
        )


def user_finish_tour(*, person: User, now: datetime) -> None:
    """Remember that this person has seen (or closed) the first-use tour."""
    User.objects.filter(pk=person.pk, tour_done_at=None).update(tour_done_at=now)


# --- Invitations --------------------------------------------------------------------------------------------


@transaction.atomic
def invitation_create(*, actor: User, role: str, email: str = "", now: datetime) -> tuple[Invitation, str]:
    """An offer of an account, and the secret of its one-time link, which is kept nowhere."""
    if role not in Role.values:
        raise UnableToChangePerson("Choose one of the roles: reviewer, senior reviewer or administrator.")
    secret = secret_make()
    invitation = Invitation.objects.create(
        email=email,
        role=role,
        secret_hash=secret_hash(secret),
        invited_by=actor,
        invited_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    audit_write(actor=actor, verb="invitation.created", target=invitation, payload={"role": role}, now=now)
    return invitation, secret


@transaction.atomic
def invitation_accept(*, invitation: Invitation, username: str, password: str, now: datetime) -> User:
    """Turn an open invitation into an account, once."""
    person = _person_make(username=username, password=password, role=invitation.role, email=invitation.email)
    # Conditional: two browsers with the same link both get here, and the second one's account is rolled back.
    taken = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now
    ).update(accepted_at=now, accepted_by=person)
    if not taken:
        raise UnableToMakePerson("This invitation is no longer open. Ask an administrator for a new link.")
    audit_write(actor=person, verb="invitation.accepted", target=invitation, payload={}, now=now)
    return person


@transaction.atomic
def invitation_revoke(*, actor: User, invitation: Invitation, now: datetime) -> None:
    """Take an offer back; one that was accepted stays what it was."""
    revoked = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if revoked.update(revoked_at=now):
        audit_write(actor=actor, verb="invitation.revoked", target=invitation, payload={}, now=now)


# --- API tokens ---------------------------------------------------------------------------------------------


@transaction.atomic
def token_create(*, owner: User, name: str, now: datetime) -> tuple[ApiToken, str]:
    """A key that acts as its owner, and its secret, which is shown once and kept only as a hash."""
    secret = secret_make()
    token = ApiToken.objects.create(name=name, owner=owner, secret_hash=secret_hash(secret), created_at=now)
    audit_write(actor=owner, verb="token.created", target=token, payload={"name": name}, now=now)
    return token, secret


@transaction.atomic
def token_revoke(*, actor: User, token: ApiToken, now: datetime) -> None:
    """Stop a key for good."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        audit_write(actor=actor, verb="token.revoked", target=token, payload={}, now=now)
