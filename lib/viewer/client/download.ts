import type { TreeColumns } from "../api.ts";
import { colourOf, outline, shapeOf, sign, signColourOf } from "./marks.ts";
import { bestPath, bounds, buildTree, layOut } from "./tree_model.ts";

/** The whole tree as a standalone SVG. Nothing that a model wrote is in it. */
export function treeSvg(columns: TreeColumns, folded: ReadonlySet<number>): string {
  const root = buildTree(columns);
  const placed = layOut(root, folded);
  const best = bestPath(root);
  const { left, top, right, bottom } = bounds(placed);
  const links = placed.flatMap(({ parent, x, y, node }) => {
    if (parent === null) return [];
    const middle = (parent.x + x) / 2;
    const [opacity, width] = best.has(node.id) ? [0.9, 3] : [0.3, 1];
    return [
      `<path d="M${parent.x} ${parent.y}C${middle} ${parent.y} ${middle} ${y} ${x} ${y}" fill="none" stroke="#222" ` +
      `stroke-opacity="${opacity}" stroke-width="${width}"/>`,
    ];
  });
  const nodes = placed.map(({ node, x, y, radius }) => {
    const shape = shapeOf(node);
    const fill = shape === "ring" ? "none" : colourOf(node.q);
    return `<g transform="translate(${x} ${y})"><path d="${
      outline(shape, radius)
    }" fill="${fill}" stroke="#222"/>` +
      `<path d="${sign(shape, radius)}" fill="none" stroke="${
        signColourOf(node.q)
      }" stroke-width="2"/></g>`;
  });
  const box = `${left - 10} ${top - 10} ${right - left + 20} ${bottom - top + 20}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${
    right - left + 20
  }" height="${bottom - top + 20}"><rect x="${left - 10}" y="${
    top - 10
  }" width="100%" height="100%" fill="#fff"/>${links.join("")}${nodes.join("")}</svg>`;
}

/** Longest side of an exported PNG, in pixels: what browsers can hold. */
const MAX_SIDE = 8000;

/** The whole tree as a PNG. */
export async function treePng(svg: string): Promise<Blob> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error("Cannot draw the picture"));
      image.src = url;
    });
    const scale = Math.min(2, MAX_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) =>
        blob === null ? reject(new Error("Cannot draw the picture")) : resolve(blob)
      )
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Hands a file to the user. */
export function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser reads it after this task has ended.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
