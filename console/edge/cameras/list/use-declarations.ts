import { useEffect, useState } from 'preact/hooks';
import type { ManagedSettings } from '../../../../core/contract/camera-management.js';
import { api } from '../../../shared/api.js';
import { cameraResource } from '../camera-path.js';

export type Declaration = Pick<ManagedSettings, 'declaredIn' | 'readOnly'>;

/** Where each camera is declared. What was asked once is not asked again while the page is open. */
export function useDeclarations(ids: readonly string[]): Record<string, Declaration | undefined> {
  const [known, setKnown] = useState<Record<string, Declaration>>({});
  const key = ids.join();
  useEffect(() => {
    let current = true;
    const ask = async (id: string) => {
      const { declaredIn, readOnly } = await api.get<ManagedSettings>(
        `${cameraResource(id)}/settings`,
      );
      if (current) setKnown((before) => ({ ...before, [id]: { declaredIn, readOnly } }));
    };
    // Without the answer, the list offers no change of the camera.
    for (const id of ids) if (!(id in known)) ask(id).catch(() => undefined);
    return () => {
      current = false;
    };
  }, [key]);
  return known;
}
