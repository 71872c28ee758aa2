/** What went wrong with playing, in words; and whether trying again by itself may help. */
import { formatTime } from '../core/format';
import { t } from '../core/words';

export interface Trouble {
  sentence: string;
  /** Nothing about the file: the connection went. */
  passes: boolean;
}

export function troubleOf(error: Pick<MediaError, 'code'> | null, at_ms: number): Trouble {
  if (error?.code === MediaError.MEDIA_ERR_NETWORK)
    return {
      sentence: t('The connection to the video is lost. Spotter keeps trying.'),
      passes: true,
    };
  if (error?.code === MediaError.MEDIA_ERR_DECODE)
    return {
      sentence: t(
        'This browser cannot show what comes after {time}: the file is damaged there. Go on behind it, or choose “Unreviewable” and say so in the notes.',
        { time: formatTime(at_ms, false) },
      ),
      passes: false,
    };
  return {
    sentence: t(
      'This video cannot be played here. Try again; if it still fails, choose “Unreviewable” and say so in the notes.',
    ),
    passes: false,
  };
}
