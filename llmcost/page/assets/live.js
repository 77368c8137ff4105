// Asks the page's own server every few seconds whether the store has grown, and draws the page again if so.
"use strict";
llmcost.watch = (changed) => {
  const look = async () => {
    try {
      const answer = await fetch("data.json", { cache: "no-store", headers: { "If-None-Match": llmcost.page.stamp } });
      if (answer.status === 200) {
        llmcost.page = await answer.json();
        llmcost.labels = undefined;
        changed();
      }
    } catch { /* the server has stopped: what is shown stays */ }
  };
  setInterval(look, 3000);
};
