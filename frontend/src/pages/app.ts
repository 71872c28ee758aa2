/** On every page: the stylesheet and small helpers driven by data attributes (frontend/STYLES.md lists them). */
import '../styles/index.css';

import { installConfirm } from './helpers/confirm';
import { installRefresh } from './helpers/refresh';
import { installSmallThings } from './helpers/small';
import { installTheme } from './helpers/theme';
import { installTour } from './helpers/tour';
import { loadWords } from './words/load';

void loadWords().then(() => {
  installTheme();
  installConfirm();
  installSmallThings();
  installRefresh();
  installTour();
});
