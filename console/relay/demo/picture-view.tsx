import { formatNumber, formatPercent } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import type { Picture } from './prepare-picture.js';
import type { Analysed } from './use-search.js';

const words = texts.demo;

interface PictureViewProps {
  picture: Picture;
  result: Analysed | undefined;
  /** The number of the object that is pointed at in the list. */
  shown: number | undefined;
}

const sizeText = ({ width, height }: { width: number; height: number }): string =>
  `${formatNumber(width)} × ${formatNumber(height)}`;

/** The person's own picture with the boxes over it; the picture itself comes from nowhere else. */
export function PictureView({ picture, result, shown }: PictureViewProps) {
  const { name, url, size, scaledFrom } = picture;
  if (!size) return <DrawnByTheRelay name={name} result={result} />;
  return (
    <figure class="picture">
      <div class="frame">
        <img src={url} alt={words.pictureAlt(name)} />
        {result && <Boxes result={result} shown={shown} />}
      </div>
      {scaledFrom && <figcaption>{words.scaled(sizeText(scaledFrom), sizeText(size))}</figcaption>}
    </figure>
  );
}

function Boxes({ result, shown }: { result: Analysed; shown: number | undefined }) {
  const { width, height } = result.image;
  const percent = (value: number, whole: number) => `${(100 * value) / whole}%`;
  return (
    <>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {result.detections.map(({ box }, i) => (
          <g key={i} class={shown === i ? 'shown' : undefined}>
            <rect class="outer" {...box} />
            <rect class="inner" {...box} />
          </g>
        ))}
      </svg>
      {result.detections.map(({ box, label, confidence }, i) => (
        <span
          key={i}
          class={`tag${shown === i ? ' shown' : ''}${box.y < height / 8 ? ' below' : ''}`}
          aria-hidden="true"
          style={{
            top: percent(box.y, height),
            ...(box.x < width / 2
              ? { left: percent(box.x, width) }
              : { right: percent(width - box.x - box.width, width) }),
          }}
        >
          {i + 1}
          <span>
            {` ${label} `}
            {formatPercent(confidence)}
          </span>
        </span>
      ))}
    </>
  );
}

function DrawnByTheRelay({ name, result }: { name: string; result: Analysed | undefined }) {
  if (!result) return <p class="muted">{name}</p>;
  return (
    <figure class="picture">
      <div class="frame">
        <img src={result.image.links.processed} alt={words.pictureAlt(name)} />
      </div>
      <figcaption>{words.notShown}</figcaption>
    </figure>
  );
}
