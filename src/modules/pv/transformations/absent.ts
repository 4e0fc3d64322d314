// Classes of transformations that Kamailio has and evapid has not, so that a script that uses them is told why.

import type { TransformationClass } from '../../../core/module.ts'

function absent(why: string): TransformationClass {
  return { parse: (name) => `is not here (${name}): ${why}` }
}

export const absentTransformations: Readonly<Record<string, TransformationClass>> = {
  sql: absent(
    '{sql.*} escapes values for a database (sqlops), and evapid has none; {s.escape.common} is near to it',
  ),
  msrpuri: absent('{msrpuri.*} is of the msrp module, and evapid relays no MSRP'),
  url: absent('{url.*} is of the xhttp module, and evapid serves no HTTP in scripts'),
}
