using Osmo.Server.Commands;

return await ServerCommand.RunAsync(args);
