// The class re: {re.subst,/regex/replacement/flags} (Kamailio's textops).

import { parseSubstitution } from '../../core/substitution.ts'
import { namedTransformations } from '../../core/transformations.ts'

export const regexTransformations = namedTransformations('re', {
  subst({ written, nested }) {
    if (written === undefined) return 'takes a substitution: /regex/replacement/flags'
    const substitution = parseSubstitution(written, nested)
    if (typeof substitution === 'string') return substitution
    return {
      value(value, ctx) {
        return value === '' ? null : substitution.apply(String(value), ctx)
      },
    }
  },
})
