import { serve } from "../shared/worker-server.ts";
import { tasks } from "./tasks.ts";

serve(tasks);
