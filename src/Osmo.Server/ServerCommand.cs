using System.CommandLine;
using Microsoft.Extensions.Logging;
using Osmo.Grains.Errors;
using Osmo.Server.Hosting;

namespace Osmo.Server;

/// <summary>The server's command line.</summary>
internal static class ServerCommand
{
    private const int Failed = 1;
    private const int Usage = 2;

    private static readonly Option<string> Url = new("--url")
    {
        Description = "Where to listen.",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Folder for the database; made where it does not exist.",
        DefaultValueFactory = _ => "osmo-data",
    };

    private static readonly Option<string?> AdminTokenFile = new("--admin-token-file")
    {
        Description = "File with the administrator's bearer token. Needed to listen on anything but loopback.",
    };

    private static readonly Option<string?> AgentTokenFile = new("--agent-token-file")
    {
        Description = "File with the agents' bearer token.",
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("An Osmo server: silo and gateway in one process, on an embedded database.") { Serve() };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"osmo-server: {error.Message}");
            }

            await Console.Error.WriteLineAsync("See --help.");
            return Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OsmoException failure)
        {
            await Console.Error.WriteLineAsync($"osmo-server: {failure.Message}");
            return Failed;
        }
    }

    private static Command Serve()
    {
        var command = new Command("serve", "Serve agents and clients until stopped.") { Url, Data, AdminTokenFile, AgentTokenFile };
        command.SetAction(async (parsed, _) =>
        {
            await using var server = await OsmoServer.StartAsync(Options(parsed, LogLevel.Information));
            await Console.Out.WriteLineAsync($"Osmo listens on {server.Url}");
            await server.WaitForShutdownAsync();
            return 0;
        });
        return command;
    }

    private static OsmoServerOptions Options(ParseResult parsed, LogLevel logLevel) => new()
    {
        Url = parsed.GetValue(Url)!,
        DataFolder = parsed.GetValue(Data)!,
        AdminTokenFile = parsed.GetValue(AdminTokenFile),
        AgentTokenFile = parsed.GetValue(AgentTokenFile),
        LogLevel = logLevel,
    };
}
