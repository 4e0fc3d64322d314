// Reals as C writes them with %.15g and %.17g: JavaScript has neither. Not for integers.

/**
 * The shortest of the decimal and the exponential form with so many significant digits, without trailing zeros: C's `%.<digits>g`.
 * @param value finite
 */
export function significant(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = ''] = rounded(value, digits).split('e')
  const exponent = Number(exponentText)
  const sign = mantissa.startsWith('-') ? '-' : ''
  const figures = mantissa.replace(/[-.]/g, '').replace(/0+$/, '')
  if (exponent < -4 || exponent >= digits) {
    const fraction = figures.length > 1 ? `.${figures.slice(1)}` : ''
    const power = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${figures.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${power}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${figures}`
  const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = figures.slice(exponent + 1)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** toExponential() rounds a half away from zero, C to the even digit. A half of a double is exact well within forty more digits. */
function rounded(value: number, digits: number): string {
  const text = value.toExponential(digits - 1)
  const exact = value.toExponential(digits + 39)
  const cut = exact.indexOf('e') - 40
  if (!/^50*e/.test(exact.slice(cut))) return text
  const down = exact.slice(0, cut)
  return Number(down.at(-1)) % 2 === 0 ? `${down}${exact.slice(exact.indexOf('e'))}` : text
}
