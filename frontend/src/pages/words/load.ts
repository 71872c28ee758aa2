/** Fetches the message catalogue of the page's language; English needs none. */
import { setCatalogue, type Catalogue } from '../../core/words';

const CATALOGUES: Record<string, () => Promise<{ default: Catalogue }>> = {
  'zh-hans': () => import('./zh-hans'),
};

/** A catalogue that cannot be fetched must not keep a reviewer from the work: then it is English. */
export async function loadWords(language: string = document.documentElement.lang): Promise<void> {
  const fetched = await CATALOGUES[language]?.().catch(() => null);
  if (fetched) setCatalogue(fetched.default);
}
