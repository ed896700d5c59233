// Contrast of every word in a drawing with what is painted under it, by WCAG 2.2. axe-core leaves
// words in drawings undecided, because to it a drawing is a picture. The window must be as high as
// the page: what is outside of it lies on nothing.
() => {
  const rgba = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => below.map((v, i) => top[3] * top[i] + (1 - top[3]) * v);
  const luminance = (colour) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
      const v = colour[i] / 255;
      return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    }, 0);
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const fade = (element) => {
    let share = 1;
    for (let e = element; e instanceof SVGElement; e = e.parentElement)
      share *= Number(getComputedStyle(e).opacity);
    return share;
  };
  // What an element paints at a point of the window: nothing, or one colour with its opacity. The
  // stripes of a pattern are taken as if they were everywhere.
  const paint = (element, x, y) => {
    const style = getComputedStyle(element);
    if (!(element instanceof SVGGeometryElement))
      return element instanceof SVGElement ? null : rgba(style.backgroundColor);
    const here = new DOMPoint(x, y).matrixTransform(element.getScreenCTM().inverse());
    const stroked = style.stroke !== "none" && element.isPointInStroke(here);
    const kind = stroked ? "stroke" : "fill";
    if (!stroked && (style.fill === "none" || !element.isPointInFill(here))) return null;
    let value = style[kind];
    if (value.startsWith("url")) {
      const stripe = document.querySelector(value.match(/#[\w-]+/)[0]).lastElementChild;
      value = getComputedStyle(stripe).fill;
    }
    const colour = rgba(value);
    colour[3] *= Number(style[`${kind}Opacity`]) * fade(element);
    return colour;
  };
  const ground = (text, x, y) => {
    const style = getComputedStyle(text);
    if (style.paintOrder.startsWith("stroke") && style.stroke !== "none") return rgba(style.stroke);
    const stack = document.elementsFromPoint(x, y);
    const own = stack.findIndex((e) => text.contains(e));
    if (own < 0) throw new Error(`nobody sees "${text.textContent}"`);
    const below = stack.slice(own + 1).map((e) => paint(e, x, y));
    const painted = below.filter((colour) => colour && colour[3] > 0);
    const solid = painted.findIndex((colour) => colour[3] >= 1);
    return painted.slice(0, solid + 1).reduceRight((all, colour) => over(colour, all), [0, 0, 0]);
  };
  const found = [];
  for (const text of document.querySelectorAll("svg text")) {
    const box = text.getBoundingClientRect();
    if (!box.width) continue;
    const ink = rgba(getComputedStyle(text).fill);
    ink[3] *= fade(text);
    let least = Infinity;
    for (const across of [0.1, 0.3, 0.5, 0.7, 0.9])
      for (const down of [0.3, 0.5, 0.7]) {
        const below = ground(text, box.left + across * box.width, box.top + down * box.height);
        least = Math.min(least, ratio(over(ink, below), below));
      }
    found.push([text.textContent, least]);
  }
  return found;
}
