"""Who sits where: zones, organisations, posts, officials and tenures, all dated."""
