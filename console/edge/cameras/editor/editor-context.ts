import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Draft } from './draft.js';

/** What the editors of settings share. */
export interface Editor {
  draft: Draft;
  /** What is saved. */
  original: Draft;
  /** Undefined leaves the setting to its default. */
  set(path: string, value: unknown): void;
  replace(draft: Draft): void;
  /** What is wrong with a setting, or with a part of it. */
  errorAt(path: string): string | undefined;
  isReadOnly: boolean;
}

const EditorContext = createContext<Editor | undefined>(undefined);
export const EditorProvider = EditorContext.Provider;

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === undefined) throw new Error('an editor of settings stands outside of a form');
  return editor;
}
