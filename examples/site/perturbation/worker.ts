import digits from "../../data/digits.csv?url";
import { keepInstances } from "../shared/instances.ts";
import { serve } from "../shared/worker-server.ts";
import { createTasks } from "./tasks.ts";

async function fetchText(address: string): Promise<string> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the digits could not be loaded: ${response.status} ${response.statusText}`);
  return response.text();
}

keepInstances();
serve(createTasks(fetchText(digits)));
