import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './section.css';

interface SectionProps {
  title: string;
  /** What the section is for. */
  help?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A part of a page with a heading of its own. */
export function Section({ title, help, actions, children }: SectionProps) {
  const id = useId();
  return (
    <section class="section stack" aria-labelledby={id}>
      <div class="row spread">
        <h2 id={id}>{title}</h2>
        {actions && <div class="row">{actions}</div>}
      </div>
      {help && <p class="muted">{help}</p>}
      {children}
    </section>
  );
}

interface SubNavigationProps {
  label: string;
  path: string;
  links: readonly { path: string; title: string }[];
}

/** The pages of a view. */
export const SubNavigation = ({ label, path, links }: SubNavigationProps) => (
  <nav class="sub-navigation" aria-label={label}>
    <ul>
      {links.map((link) => (
        <li key={link.path}>
          <a href={link.path} aria-current={link.path === path ? 'page' : undefined}>
            {link.title}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);
