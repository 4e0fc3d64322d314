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
        if (value === '') return null
        const changed = substitution.apply(ctx, String(value))
        return changed === undefined ? value : changed
      },
    }
  },
})
