// The drum star of the log-in page, drawn from its proportions: rings, teeth, rays, circles and a star of 14 points.
export function drum() {
  const at = (radius, turn) => {
    const angle = turn * 2 * Math.PI - Math.PI / 2;
    return `${(300 + radius * Math.cos(angle)).toFixed(1)} ${(300 + radius * Math.sin(angle)).toFixed(1)}`;
  };
  const ring = (radius) => `<circle cx="300" cy="300" r="${radius}"/>`;
  const teeth = Array.from({ length: 144 }, (_, i) => at(i % 2 ? 259 : 295, i / 144));
  const rays = Array.from({ length: 96 }, (_, i) => `M${at(246, i / 96)}L${at(184, (i - 0.35) / 96)}`);
  const dots = Array.from({ length: 48 }, (_, i) => {
    const [x, y] = at(152, i / 48).split(" ");
    return `<circle cx="${x}" cy="${y}" r="7"/>`;
  });
  const star = Array.from({ length: 28 }, (_, i) => at(i % 2 ? 52 : 115, (i + 1) / 28));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600" width="600" height="600" fill="none" ` +
    `stroke="#FFDAD5" stroke-opacity=".36">` +
    [299.5, 256, 250, 180, 126, 120, 52, 40].map(ring).join("") +
    `<path d="M${teeth.join("L")}Z"/><path d="${rays.join("")}"/>${dots.join("")}<path d="M${star.join("L")}Z"/></svg>`
  );
}
