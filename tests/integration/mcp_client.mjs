// The official TypeScript client against a live server: node mcp_client.mjs ADDRESS TOKEN METRIC_ID
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [address, token, metricId] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const client = new Client({ name: "second-client", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } }));

const ask = (name, args) => client.callTool({ name, arguments: args });
const metric = { metric_id: Number(metricId) };
const { tools } = await client.listTools();
const started = await ask("metric_reviews_process_feedbacks", metric);
const again = await ask("metric_reviews_process_feedbacks", metric);
const progress = await ask("metric_reviews_process_feedbacks_progress", {
  progress_id: started.structuredContent.progress_id,
});
const unknown = await ask("metrics_retrieve", { metric_id: 4711 });

console.log(
  JSON.stringify({
    tools: tools.map((tool) => tool.name),
    started: started.structuredContent,
    again: again.structuredContent,
    progress: progress.structuredContent,
    unknown: { isError: unknown.isError, text: unknown.content[0].text },
  }),
);
await client.close();
