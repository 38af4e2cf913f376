// Where a logarithmic axis begins and ends: at one digit and a power of ten, which is where people
// look for it. From other beginnings (0.0098, say) uPlot 1.6.32 never comes to the end of its ticks.

const oneDigit = (x: number, round: (mantissa: number) => number): number => {
  const [mantissa, exponent] = x.toExponential().split('e');
  return Number(`${round(Number(mantissa))}e${exponent}`);
};

// Around two positive numbers.
export function logRange(min: number, max: number): [number, number] {
  const from = oneDigit(min, Math.floor);
  const to = oneDigit(max, Math.ceil);
  return from < to ? [from, to] : [from, oneDigit(from, (digit) => digit + 1)];
}
