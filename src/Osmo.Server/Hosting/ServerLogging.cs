using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Osmo.Domain.Errors;

namespace Osmo.Server.Hosting;

/// <summary>The server's log: on the standard error, a line each, with times in UTC.</summary>
internal static class ServerLogging
{
    /// <param name="logging">The log.</param>
    /// <param name="configuration">Where <c>Logging:LogLevel</c> is, from <c>Logging__LogLevel__CATEGORY</c> in the environment.</param>
    /// <param name="options">The least level, and the form of lines.</param>
    /// <param name="isStopping">Whether the process stops.</param>
    public static void Configure(ILoggingBuilder logging, IConfiguration configuration, OsmoServerOptions options, Func<bool> isStopping)
    {
        logging.ClearProviders();
        if (options.LogLevel == LogLevel.None)
        {
            return;
        }

        AddConsole(logging, options.LogAsJson);
        logging.SetMinimumLevel(options.LogLevel);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        // Orleans takes it for an error if a grain tells an agent something whose connection has ended just now.
        logging.AddFilter("Orleans.Runtime.HostedClient", LogLevel.Critical);

        // A process that stops hangs up on its own agents before they have stopped: that they notice is no news.
        logging.AddFilter("Osmo.Agent", level => level >= options.LogLevel && !isStopping());

        // What an operator asks for counts more than any of these, and than those that Orleans brings.
        var asked = Read(configuration);
        logging.Services.PostConfigure<LoggerFilterOptions>(filters =>
        {
            foreach (var rule in asked)
            {
                filters.Rules.Add(rule);
            }
        });
    }

    private static void AddConsole(ILoggingBuilder logging, bool asJson)
    {
        if (asJson)
        {
            logging.AddJsonConsole(json =>
            {
                json.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                json.UseUtcTimestamp = true;
                json.IncludeScopes = false;
            });
        }
        else
        {
            logging.AddSimpleConsole(text =>
            {
                text.SingleLine = true;
                text.TimestampFormat = "HH:mm:ss ";
                text.UseUtcTimestamp = true;
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static LoggerFilterRule[] Read(IConfiguration configuration) =>
    [
        .. configuration.GetSection("Logging:LogLevel").GetChildren().Select(item => new LoggerFilterRule(
            providerName: null,
            item.Key == "Default" ? null : item.Key,
            Enum.TryParse<LogLevel>(item.Value, ignoreCase: true, out var level) && Enum.IsDefined(level)
                ? level
                : throw new OsmoException(
                    ErrorCode.Invalid,
                    $"Logging__LogLevel__{item.Key} is \"{item.Value}\": use one of {string.Join(", ", Enum.GetNames<LogLevel>())}."),
            filter: null)),
    ];
}
