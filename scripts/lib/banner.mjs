const IMAGES = '/api/v1/objectdetection/image';

/** @typedef {{ url: string, data: string, needsToken: boolean }} Shown */

/** @param {Shown} program */
const tokenOf = ({ needsToken, data }) =>
  needsToken ? `admin token: ${data}/admin-token` : 'no token needed';

/** @param {Shown} program */
const urlOf = ({ url }) => url.replace('127.0.0.1', 'localhost');

/**
 * The addresses of the running demo and the commands to try first.
 * @param {{ edge: Shown, relay: Shown, mqttPort: number }} demo
 */
export function banner({ edge, relay, mqttPort }) {
  const [edgeUrl, relayUrl] = [urlOf(edge), urlOf(relay)];
  return `
  Siteglass is running. Ctrl-C stops it.

    appliance   ${edgeUrl}   console   API: ${edgeUrl}/docs   ${tokenOf(edge)}
    relay       ${relayUrl}   public page   API: ${relayUrl}/docs   ${tokenOf(relay)}
    sites       ${relayUrl}/fleet   log in with a user, made by:
                node dist/cloud-relay/main.js user add demo --role admin --set dataFolder=${relay.data}
    MQTT        mqtt://localhost:${mqttPort}

  Find the stop signs in an image, draw their boxes, read the result:
    id=$(curl -s -F image=@samples/4-two-signs.jpg ${edgeUrl}${IMAGES} | grep -o '"id":"[^"]*' | head -1 | cut -d'"' -f4)
    curl -s ${edgeUrl}${IMAGES}/$id/processed -o processed.jpg
    curl -s ${edgeUrl}${IMAGES}/$id/detections

  The same through the DeepStack API:
    curl -s -F image=@samples/4-two-signs.jpg ${edgeUrl}/v1/vision/detection

  List the sites at the relay, and watch the MQTT messages:
    curl -s -H "Authorization: Bearer $(cat ${relay.data}/admin-token)" ${relayUrl}/api/v1/sites
    mosquitto_sub -h localhost -p ${mqttPort} -v -t 'siteglass/#'

  Find people and cars as well: download a model (3.5 MiB), and name it in an upload:
    node dist/edge/main.js detector add yolox-nano --set dataFolder=${edge.data}
    curl -s -F image=@photo.jpg -F detector=yolox-nano ${edgeUrl}${IMAGES}
`;
}
