import type { Role } from '../../../core/contract/access.js';
import { texts } from '../../texts/texts.js';
import { SelectField } from '../ui/field.js';

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
