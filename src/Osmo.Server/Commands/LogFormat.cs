namespace Osmo.Server.Commands;

/// <summary>How lines of the log are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>A JSON object in each line, for collectors.</summary>
    Json,
}
