import { offerAccount } from "./account.js";

offerAccount("/v1/join");
