/** Mounts the uploader on `<div id="upload">`. */
import { mount } from 'svelte';

import App from './upload/App.svelte';

const target = document.getElementById('upload');
if (target) {
  const { canUpload, maxBytes } = target.dataset;
  target.replaceChildren();
  const props = { canUpload: canUpload !== '0', mostBytes: Number(maxBytes) || Infinity };
  mount(App, { target, props });
}
