import type { Role } from '../../../core/contract/access.js';
import { SelectField } from '../../shared/ui/field.js';
import { texts } from '../../texts/texts.js';

const words = texts.people;
const ROLES: Role[] = ['viewer', 'operator', 'admin'];

export const RoleField = ({ value, onValue }: { value: Role; onValue(role: Role): void }) => (
  <SelectField
    label={words.role}
    help={words.roleHelp[value]}
    value={value}
    options={ROLES.map((role) => ({ value: role, text: words.roles[role] }))}
    onValue={(role) => onValue(role as Role)}
  />
);
