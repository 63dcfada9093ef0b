import { colourOf, LEGEND_Q, outline, SHAPES, sign, signColourOf } from "./marks.ts";

/** Radius of a mark in the legend, in pixels. */
const RADIUS = 6;

/** Legend of size, colour, line and shape. */
export function Legend() {
  return (
    <div class="legend">
      <span>size: visits; thick line: best right solution</span>
      <span>
        Q {LEGEND_Q.map((q) => (
          <span key={q} class="mark">
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <path d={outline("circle", RADIUS)} fill={colourOf(q)} stroke="currentColor" />
            </svg>
            {q === null ? "none" : q.toFixed(1)}
          </span>
        ))}
      </span>
      <span>
        {SHAPES.map(([shape, meaning]) => (
          <span key={shape} class="mark">
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <path
                d={outline(shape, RADIUS)}
                fill={shape === "ring" ? "none" : colourOf(null)}
                stroke="currentColor"
              />
              <path
                d={sign(shape, RADIUS)}
                fill="none"
                stroke={signColourOf(null)}
                stroke-width="2"
              />
            </svg>
            {meaning}
          </span>
        ))}
      </span>
    </div>
  );
}
