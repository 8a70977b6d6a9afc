import type { LiveCamera } from '../../../core/contract/live.js';
import { may } from '../../shared/session.js';
import { Button } from '../../shared/ui/button.js';
import { SelectField, TextField } from '../../shared/ui/field.js';
import { Page } from '../../shared/ui/page.js';
import { type Search, useSearch } from '../../shared/use-search.js';
import { texts } from '../../texts/texts.js';
import { connection, live } from '../live-state.js';
import { BoxesButton } from './boxes-button.js';
import { CameraTile } from './camera-tile.js';
import { type Choice, chosenCameras, type Show, type Sort } from './live-choices.js';
import './live-grid.css';
import { fillScreen, gridFor, useWall, useWindowSize } from './wall.js';

const words = texts.live;

const SHOWS = Object.entries(words.shows).map(([value, text]) => ({ value, text }));
const SORTS = Object.entries(words.sorts).map(([value, text]) => ({ value, text }));

const isShow = (text: string | undefined): text is Show =>
  text !== undefined && text in words.shows;
const isSort = (text: string | undefined): text is Sort =>
  text !== undefined && text in words.sorts;

/** Widths of thumbnails: the second is for screens with more than one pixel a point, and for few cameras. */
const WIDTHS = { small: 320, large: 640 };

/** A wall display begins to look like a list above this many cameras. */
const MOST_IN_SMALL_GRID = 4;

export function LiveGrid() {
  const search = useSearch();
  const leaveWall = () => search.change({ wall: undefined });
  const isWall = search.get('wall') !== undefined;
  useWall(isWall, leaveWall);
  const cameras = live.cameras.value;
  if (cameras === undefined)
    return (
      <Page title={words.title}>
        <p role="status">
          {connection.state.value === 'lost' ? texts.errors.noAnswer : words.waiting}
        </p>
      </Page>
    );
  if (cameras.length === 0) return <NoCameras />;
  const choice = choiceIn(search);
  const chosen = chosenCameras(cameras, choice);
  if (isWall) return <Wall cameras={chosen} onLeave={leaveWall} />;
  return (
    <Page title={words.title} actions={<Actions onWall={() => search.change({ wall: '1' })} />}>
      {(cameras.length > MOST_IN_SMALL_GRID || chosen.length < cameras.length) && (
        <Choices
          choice={choice}
          counts={words.counts(chosen.length, cameras.length)}
          onChange={search.change}
        />
      )}
      {chosen.length === 0 && (
        <p>
          {words.noneShown} <a href="/live">{words.showAll}</a>
        </p>
      )}
      <Tiles cameras={chosen} />
    </Page>
  );
}

function choiceIn(search: Search): Choice {
  const show = search.get('show');
  const sort = search.get('sort');
  return {
    search: search.get('search') ?? '',
    show: isShow(show) ? show : 'all',
    sort: isSort(sort) ? sort : 'order',
  };
}

interface ChoicesProps {
  choice: Choice;
  counts: string;
  onChange(change: Record<string, string>): void;
}

function Choices({ choice, counts, onChange }: ChoicesProps) {
  return (
    <div class="live-choices">
      <TextField
        label={words.search}
        type="search"
        value={choice.search}
        onValue={(search) => onChange({ search })}
      />
      <SelectField
        label={words.show}
        value={choice.show}
        options={SHOWS}
        onValue={(show) => onChange({ show })}
      />
      <SelectField
        label={words.sort}
        value={choice.sort}
        options={SORTS}
        onValue={(sort) => onChange({ sort })}
      />
      <p class="muted" role="status">
        {counts}
      </p>
    </div>
  );
}

function Tiles({ cameras }: { cameras: readonly LiveCamera[] }) {
  const isLarge = devicePixelRatio > 1 || cameras.length <= MOST_IN_SMALL_GRID;
  return (
    <ul class={cameras.length <= MOST_IN_SMALL_GRID ? 'tiles few' : 'tiles'}>
      {cameras.map((camera) => (
        <CameraTile key={camera.id} camera={camera} width={isLarge ? WIDTHS.large : WIDTHS.small} />
      ))}
    </ul>
  );
}

function Actions({ onWall }: { onWall(): void }) {
  const enter = () => {
    fillScreen();
    onWall();
  };
  return (
    <>
      <BoxesButton />
      <Button onClick={enter}>{words.wall}</Button>
    </>
  );
}

function Wall({ cameras, onLeave }: { cameras: readonly LiveCamera[]; onLeave(): void }) {
  const { columns, tileWidth } = gridFor(cameras.length, useWindowSize());
  return (
    <div class="wall-display">
      <h1 class="visually-hidden">{words.title}</h1>
      <ul class="tiles" style={{ gridTemplateColumns: `repeat(${columns}, ${tileWidth}px)` }}>
        {cameras.map((camera) => (
          <CameraTile key={camera.id} camera={camera} width={WIDTHS.large} />
        ))}
      </ul>
      <Button class="button leave" onClick={onLeave}>
        {words.wallLeave}
      </Button>
    </div>
  );
}

function NoCameras() {
  return (
    <Page title={words.title}>
      <div class="card stack">
        <h2>{words.empty.title}</h2>
        <p>{words.empty.text}</p>
        {may('admin') ? (
          <div>
            <a class="button primary" href="/cameras/new">
              {words.empty.add}
            </a>
          </div>
        ) : (
          <p>{words.empty.ask}</p>
        )}
      </div>
    </Page>
  );
}
