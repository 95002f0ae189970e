"""The FBS external API: what the country's library web sites, apps and kiosks already speak."""
