/** Mounts the uploader on `<div id="upload">`. */
import { mount } from 'svelte';

import App from './upload/App.svelte';

const target = document.getElementById('upload');
if (target) {
  target.replaceChildren();
  mount(App, { target, props: { canUpload: target.dataset['canUpload'] !== '0' } });
}
