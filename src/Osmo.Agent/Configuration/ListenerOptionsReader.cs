using System.Collections.Immutable;

namespace Osmo.Agent;

/// <summary>Reads what is said of OSMO's listener protocol on a command line and in the environment.</summary>
internal static class ListenerOptionsReader
{
    private const string ProtocolVariable = "OSMO_PROTOCOL";
    private const int UnackedMax = 10_000;
    private const int RefreshSecondsMax = 24 * 60 * 60;
    private const int PodsPageItemsMax = 10_000;
    private const int UserCharsMax = 256;

    /// <summary>Whether the protocol is asked for.</summary>
    /// <exception cref="AgentOptionsException">Another one is, which this agent does not know.</exception>
    public static bool IsWanted(OptionValues values) => values.Text("protocol", ProtocolVariable) switch
    {
        null or "channel" => false,
        "osmo" => true,
        { } other => throw new AgentOptionsException(
            $"{values.Source("protocol", ProtocolVariable)} is \"{OptionValues.Shown(other)}\"; write channel, for an Osmo gateway, or "
            + "osmo, for a service that speaks only the protocol of OSMO's listeners."),
    };

    /// <exception cref="AgentOptionsException">An option cannot be used.</exception>
    public static ListenerOptions Read(OptionValues values)
    {
        ListenerOptions defaults = new();
        int refreshSeconds = AgentOptionsReader.Number(
            values,
            "refresh-resource-state-interval",
            "REFRESH_RESOURCE_STATE_INTERVAL",
            (int)defaults.RefreshInterval.TotalSeconds,
            RefreshSecondsMax);
        return defaults with
        {
            User = User(values),
            MaxUnackedMessages = AgentOptionsReader.Number(
                values, "max-unacked-messages", "MAX_UNACKED_MESSAGES", defaults.MaxUnackedMessages, UnackedMax, min: 0),
            RefreshInterval = TimeSpan.FromSeconds(refreshSeconds),
            IncludeNamespaceUsage = Namespaces(values),
            ListPodsPageItems = AgentOptionsReader.Number(
                values, "list-pods-page-size", "LIST_PODS_PAGE_SIZE", defaults.ListPodsPageItems, PodsPageItemsMax),
        };
    }

    private static string? User(OptionValues values)
    {
        string? method = values.Text("method");
        string? login = values.Text("login-method");
        if (method is not (null or "dev"))
        {
            throw new AgentOptionsException(
                $"--method is \"{OptionValues.Shown(method)}\"; write dev, or leave it out to log in with a token.");
        }

        if (login is not (null or "token") && method is null)
        {
            throw new AgentOptionsException(
                $"--login-method is \"{OptionValues.Shown(login)}\", which this agent cannot. Make an access token for it, and give "
                + "--login-method token with --token-file, or with OSMO_LOGIN_TOKEN.");
        }

        if (login == "token" && method is null && values.Text("token", "OSMO_LOGIN_TOKEN") is null && values.Text("token-file") is null)
        {
            throw new AgentOptionsException("--login-method token needs the token: give --token-file, or OSMO_LOGIN_TOKEN.");
        }

        if (method is null)
        {
            return null;
        }

        string user = values.Text("username") ?? throw new AgentOptionsException("--method dev needs --username, the user to appear as.");
        return user.Length <= UserCharsMax && GatewayToken.IsUsable(user)
            ? user
            : throw new AgentOptionsException($"--username is \"{OptionValues.Shown(user)}\", which cannot stand in a header.");
    }

    private static ImmutableArray<string> Namespaces(OptionValues values)
    {
        string list = values.Text("include-namespace-usage") ?? "";
        return [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
    }
}
