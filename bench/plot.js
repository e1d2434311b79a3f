// Figures over a number that grows by powers of ten, as an SVG picture: one panel below the other.

const [WIDTH, PANEL, LEFT, RIGHT, TOP] = [700, 200, 60, 190, 40];
const COLOURS = ['#888', '#06c', '#c30', '#090'];

const escape = (text) => text.replace(/[<>&]/g, (sign) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[sign]);
const text = (x, y, content, more = '') => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(content)}</text>`;

/** The smallest of 1, 2, 5 times a power of ten that is not below. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((round) => round >= value) ?? value;
}

function panel({ title, series }, top, numbers) {
  const most = roundUp(Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value)), 1e-9));
  const [first, last] = [Math.log10(Math.min(...numbers)), Math.log10(Math.max(...numbers))];
  const x = (number) => LEFT + (WIDTH - LEFT - RIGHT) * (last > first ? (Math.log10(number) - first) / (last - first) : 0.5);
  const y = (value) => top + PANEL - 40 - (PANEL - 70) * Math.max(0, value) / most;
  const marks = [0, most / 2, most].map((value) => `<path d="M${LEFT} ${y(value).toFixed(1)}H${WIDTH - RIGHT}" stroke="#ddd"/>${text(LEFT - 6, y(value) + 4, String(value), 'text-anchor="end"')}`);
  const ticks = numbers.map((number) => text(x(number), top + PANEL - 22, String(number), 'text-anchor="middle"'));
  const lines = series.map(({ name, points }, i) => {
    const path = points.map(([number, value], at) => `${at ? 'L' : 'M'}${x(number).toFixed(1)} ${y(value).toFixed(1)}`).join('');
    const [number, value] = points.at(-1);
    return `<path d="${path}" fill="none" stroke="${COLOURS[i % COLOURS.length]}" stroke-width="2"/>${text(x(number) + 8, y(value) + 4, name, `fill="${COLOURS[i % COLOURS.length]}"`)}`;
  });
  return [text(LEFT, top + 14, title, 'font-weight="bold"'), ...marks, ...ticks, ...lines].join('\n');
}

/** panels: [{ title, series: [{ name, points: [[number, value]] }] }]; all numbers above 0. */
export function plot(title, axis, panels) {
  const numbers = [...new Set(panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([number]) => number))))].sort((a, b) => a - b);
  const height = TOP + panels.length * PANEL;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    text(LEFT, 22, title, 'font-size="14" font-weight="bold"'),
    ...panels.map((one, i) => panel(one, TOP + i * PANEL, numbers)),
    text((LEFT + WIDTH - RIGHT) / 2, height - 4, axis, 'text-anchor="middle"'),
    '</svg>', '',
  ].join('\n');
}
