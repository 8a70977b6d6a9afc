interface StumpParts {
  feature?: string;
  nodes?: string;
  leaves?: string;
}

/** A small Haar cascade in the newer form, with one part or another replaced. */
export function haarXml({
  window = '24 24',
  rects = ['0 0 12 12 -1.', '0 0 6 12 2.'],
  tilted = 0,
  nodes = '0 -1 0 -0.02',
  leaves = '0.5 -0.5',
  threshold = '-0.1',
}: StumpParts & {
  window?: string;
  rects?: string[];
  tilted?: number;
  threshold?: string;
} = {}): string {
  const [width, height] = window.split(' ');
  const list = rects.map((rect) => `<_>${rect}</_>`).join('');
  return `<?xml version="1.0"?><opencv_storage><cascade><stageType>BOOST</stageType>
<featureType>HAAR</featureType><height>${height}</height><width>${width}</width>
<featureParams><maxCatCount>0</maxCatCount></featureParams>
<stages><_><stageThreshold>${threshold}</stageThreshold><weakClassifiers><_>
<internalNodes>${nodes}</internalNodes><leafValues>${leaves}</leafValues></_></weakClassifiers></_></stages>
<features><_><rects>${list}</rects><tilted>${tilted}</tilted></_></features>
</cascade></opencv_storage>`;
}

export function lbpXml({
  rect = '0 0 8 8',
  nodes = '0 -1 0 1 2 3 4 5 6 7 8',
  leaves = '1 0',
  categories = 256,
}: {
  rect?: string;
  nodes?: string;
  leaves?: string;
  categories?: number;
} = {}): string {
  return `<?xml version="1.0"?><opencv_storage><cascade><stageType>BOOST</stageType>
<featureType>LBP</featureType><height>60</height><width>60</width>
<featureParams><maxCatCount>${categories}</maxCatCount></featureParams>
<stages><_><stageThreshold>0.5</stageThreshold><weakClassifiers><_>
<internalNodes>${nodes}</internalNodes><leafValues>${leaves}</leafValues></_></weakClassifiers></_></stages>
<features><_><rect>${rect}</rect></_></features></cascade></opencv_storage>`;
}

/** The same cascade as `haarXml()` makes, in the form of OpenCV 1; each node has its branches from `nodes`. */
export function oldHaarXml({
  nodes = ['<left_val>0.5</left_val><right_val>-0.5</right_val>'],
  threshold = '-0.02',
}: {
  nodes?: string[];
  threshold?: string;
} = {}): string {
  const feature =
    '<feature><rects><_>0 0 12 12 -1.</_><_>0 0 6 12 2.</_></rects><tilted>0</tilted></feature>';
  const tree = nodes.map((node) => `<_>${feature}<threshold>${threshold}</threshold>${node}</_>`);
  return `<?xml version="1.0"?><opencv_storage><old type_id="opencv-haar-classifier"><size>24 24</size>
<stages><_><trees><_>${tree.join('')}</_></trees>
<stage_threshold>-0.1</stage_threshold><parent>-1</parent><next>-1</next></_></stages></old></opencv_storage>`;
}
