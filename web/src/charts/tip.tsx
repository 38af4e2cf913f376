// What a chart says about one moment.

export interface TipContent {
  title: string;
  rows: [name: string, value: string, swatch?: string][];
  note?: string;
}

export function tipText({ title, rows, note }: TipContent): string {
  return [title, ...rows.map(([name, value]) => `${name} ${value}`), note ?? '']
    .filter(Boolean).join(', ');
}

export function Tip({ content, left, width }: {
  content: TipContent; left: number; width: number;
}) {
  const side = left > width / 2 ? 'tip tip-left' : 'tip';
  return (
    <div class={side} style={{ left: `${left}px` }}>
      <strong>{content.title}</strong>
      <dl>
        {content.rows.map(([name, value, swatch]) => (
          <div key={name}>
            <dt>{swatch && <i class={`swatch ${swatch}`} />}{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {content.note && <p>{content.note}</p>}
    </div>
  );
}
