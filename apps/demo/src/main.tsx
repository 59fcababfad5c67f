import { render } from "preact";
import { App } from "./app.js";
import { keepOffline } from "./offline/register.js";
import { openPage } from "./open-page.js";
import "./styles/page.css";

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
openPage();
void keepOffline();
