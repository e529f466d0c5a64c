using System.CommandLine;
using Microsoft.Extensions.Logging;
using Osmo.Server.Hosting;

namespace Osmo.Server.Commands;

/// <summary><c>serve</c>: a server for agents that run elsewhere.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var settings = new ServerSettings();
        var command = new Command("serve", "Serve agents that run in their clusters, and clients, until stopped.");
        var cluster = new ClusterOptions();
        settings.AddTo(command);
        var access = new AccessOptions();
        cluster.AddTo(command);
        access.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var options = settings.Read(parsed, LogLevel.Information);
            options.Cluster = cluster.Read(parsed);
            access.Read(parsed, options);
            await using var server = await OsmoServer.StartAsync(options);
            await Console.Out.WriteLineAsync($"Osmo listens on {server.Url}");
            await server.WaitForShutdownAsync();
            return 0;
        });
        return command;
    }
}
