const IMAGES = '/api/v1/objectdetection/image';

const tokenOf = ({ needsToken, data }) =>
  needsToken ? `admin token: ${data}/admin-token` : 'no token needed';

/** What a person can look at and try once the demo runs. */
export function banner({ edge, relay, mqttPort }) {
  const [edgeUrl, relayUrl] = [edge.url, relay.url].map((url) =>
    url.replace('127.0.0.1', 'localhost'),
  );
  return `
  Siteglass is running. Ctrl-C stops it.

    appliance   ${edgeUrl}   try its API: ${edgeUrl}/docs   ${tokenOf(edge)}
    relay       ${relayUrl}   try its API: ${relayUrl}/docs   ${tokenOf(relay)}
    MQTT        mqtt://localhost:${mqttPort}

  Find the stop signs in a picture, see them boxed, read where they are:
    id=$(curl -s -F image=@samples/4-two-signs.jpg ${edgeUrl}${IMAGES} | grep -o '"id":"[^"]*' | head -1 | cut -d'"' -f4)
    curl -s ${edgeUrl}${IMAGES}/$id/processed -o processed.jpg
    curl -s ${edgeUrl}${IMAGES}/$id/detections

  The same as clients of DeepStack ask for it:
    curl -s -F image=@samples/4-two-signs.jpg ${edgeUrl}/v1/vision/detection

  What the sites have reported to the relay, and what goes over MQTT:
    curl -s -H "Authorization: Bearer $(cat ${relay.data}/admin-token)" ${relayUrl}/api/v1/sites
    mosquitto_sub -h localhost -p ${mqttPort} -v -t 'siteglass/#'
`;
}
