/** Mounts the reviewer's workbench on `<div id="workbench" data-review-id="42" data-user="name">`. */
import { mount } from 'svelte';

import App from './workbench/App.svelte';
import { openPreferences } from './workbench/preferences';
import { loadWords } from './words/load';

const target = document.getElementById('workbench');
if (target) {
  const { reviewId, user = '', queueUrl = '/', reviewUrl = '/reviews/{id}/' } = target.dataset;
  target.replaceChildren();
  const preferences = openPreferences(user);
  const props = { reviewId: Number(reviewId), user, preferences, queueUrl, reviewUrl };
  void loadWords().then(() => mount(App, { target, props }));
}
