using Osmo.Server;

return await ServerCommand.RunAsync(args);
