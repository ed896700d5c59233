import { offerAccount } from "./account.js";

offerAccount("/v1/setup", ({ clinic }) => ({ clinic: clinic.trim() }));
