// The pv module: the pseudo-variables that are always there (Kamailio's pv module). Each family is in a file of its own in
// pv/; $null is the registry's, those of the transaction are here, too.

import { defineModule } from '../core/module.ts'
import { avp } from './pv/avp.ts'
import { sharedVariables, variables } from './pv/var.ts'
import { xavp } from './pv/xavp.ts'

export const pv = defineModule({
  name: 'pv',
  pseudoVariables: {
    var: variables,
    shv: sharedVariables,
    avp,
    xavp,
  },
})
