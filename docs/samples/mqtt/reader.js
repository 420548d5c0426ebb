// Print each alert once: node reader.js mqtt://127.0.0.1:1883. Needs MQTT.js (npm install mqtt).
const mqtt = require("mqtt");

const [url, name = "my-node"] = process.argv.slice(2);
const heard = new Set();

// a fixed name and a kept session: what is sent while we are away waits for us at the broker
const client = mqtt.connect(url, {
  clientId: name,
  clean: false,
  protocolVersion: 5,
  properties: { sessionExpiryInterval: 86400 },
});
client.on("connect", () => client.subscribe("hashhedge/v1/+/alert/+/+/event", { qos: 1 }));
client.on("error", (error) => console.error(error.message));
client.on("message", (topic, payload) => {
  const alert = JSON.parse(payload.toString());
  if (heard.has(alert.id)) return;
  heard.add(alert.id);
  if (heard.size > 10000) heard.delete(heard.values().next().value);
  console.log(JSON.stringify({ id: alert.id, time: alert.time, summary: alert.summary }));
});
