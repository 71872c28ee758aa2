// Runs in each measured page before its own scripts. Watches from outside: what was painted or changed, and when.
(() => {
  const probe = { frames: null, key: null, answer: null };
  let painted = 0;
  for (const name of ['clearRect', 'fillRect', 'drawImage', 'fill', 'stroke']) {
    const plain = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      painted += 1;
      return plain.apply(this, given);
    };
  }
  // The header tells of time and saving on its own; an effect is looked for where the work is.
  const WHERE = '[aria-label="Timeline"], [aria-label="Decision"], .toasts';
  new MutationObserver((changes) => {
    const hit = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(WHERE);
    if (changes.some((each) => hit(each.target))) painted += 1;
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });

  // Runs right after the frame was handed to the compositor.
  const after = new MessageChannel();
  let waiting = [];
  after.port1.onmessage = () => {
    const now = performance.now();
    for (const tell of waiting.splice(0)) tell(now);
  };
  const afterFrame = (tell) => {
    waiting.push(tell);
    if (waiting.length === 1) after.port2.postMessage(0);
  };

  let seen = 0;
  const loop = (time) => {
    const changed = painted !== seen;
    seen = painted;
    if (probe.frames) {
      probe.frames.times.push(time);
      probe.frames.changed += changed ? 1 : 0;
    }
    const { key } = probe;
    if (key && changed) {
      afterFrame((now) => {
        key.first ??= now - key.at;
        key.last = now - key.at;
      });
    }
    requestAnimationFrame(loop);
  };
  requestAnimationFrame(loop);

  addEventListener(
    'keydown',
    (event) => {
      seen = painted;
      if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
      probe.key = { at: event.timeStamp, first: null, last: null, paint: null };
    },
    { capture: true },
  );
  // The browser's own figure of the same: from the press to the next frame that was presented (in steps of 8 ms).
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      if (each.name === 'keydown' && probe.key && each.startTime === probe.key.at) {
        probe.key.paint = each.duration;
      }
    }
  }).observe({ type: 'event', durationThreshold: 16 });

  // From the submit to the next review, over a page load or without one.
  const absolute = () => performance.timeOrigin + performance.now();
  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Enter' || !event.ctrlKey) return;
      const from = location.pathname;
      const at = performance.timeOrigin + event.timeStamp;
      sessionStorage.setItem('bench-left', JSON.stringify({ at, marks: marks().length, origin: performance.timeOrigin, from }));
    },
    { capture: true },
  );
  const marks = () => performance.getEntriesByName('curves-drawn');
  const arriving = () => {
    requestAnimationFrame(arriving);
    const left = location.protocol.startsWith("http") && JSON.parse(sessionStorage.getItem("bench-left") ?? "null");
    if (!left) return;
    const sameDocument = left.origin === performance.timeOrigin;
    if (location.pathname === left.from) return; // the same review, drawn again, is no next one
    const drawn = marks().length > (sameDocument ? left.marks : 0);
    const video = document.querySelector('[data-testid=video]');
    if (!drawn || !video || video.readyState < 3) return;
    sessionStorage.removeItem('bench-left');
    afterFrame(() => (probe.answer = { ms: absolute() - left.at, sameDocument }));
  };
  requestAnimationFrame(arriving);

  globalThis.benchProbe = probe;
})();
