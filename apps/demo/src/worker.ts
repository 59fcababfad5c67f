import { serve } from "@brushwork/backend-web/worker";
import { plugins } from "./plugins.js";

serve({ plugins });
