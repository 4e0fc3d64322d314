// Names and texts of the operating system's errors, by errno. (util.getSystemErrorMessage is not in Node 20.)

import { getSystemErrorMap } from 'node:util'

/** 'EADDRINUSE' for 98. */
export function getSystemErrorName(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`
}

/** 'address already in use' for 98. */
export function getSystemErrorMessage(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `errno ${errno}`
}
