import type { ComponentChildren } from 'preact';
import { Section } from '../../shared/ui/section.js';

type Fact = readonly [name: string, value: ComponentChildren];

interface CardProps {
  title: string;
  facts: readonly Fact[];
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** A list of facts, with what follows them. */
export const Card = ({ title, facts, actions, children }: CardProps) => (
  <div class="card">
    <Section title={title} actions={actions}>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      {children}
    </Section>
  </div>
);
