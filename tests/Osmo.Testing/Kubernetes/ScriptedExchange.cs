using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Osmo.Testing.Kubernetes;

/// <summary>One request being answered by a script.</summary>
public sealed class ScriptedExchange(ScriptedRequest request, TcpClient client, CancellationToken stop)
{
    private bool _hasBegun;

    /// <summary>The request.</summary>
    public ScriptedRequest Request => request;

    /// <summary>A whole answer.</summary>
    public Task AnswerAsync(int status, string body, string type = "application/json", params string[] headers) =>
        AnswerAsync(status, Encoding.UTF8.GetBytes(body), type, headers);

    /// <summary>A whole answer.</summary>
    public async Task AnswerAsync(int status, byte[] body, string type = "application/json", params string[] headers)
    {
        await WriteAsync($"HTTP/1.1 {status} Scripted\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n"
            + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n").ConfigureAwait(false);
        await client.GetStream().WriteAsync(body, stop).ConfigureAwait(false);
    }

    /// <summary>Sends each text as one chunk of a stream that goes on.</summary>
    public async Task StreamAsync(params string[] chunks)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            await WriteAsync("HTTP/1.1 200 OK\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").ConfigureAwait(false);
        }

        foreach (string chunk in chunks.Where(chunk => chunk.Length > 0))
        {
            string size = Encoding.UTF8.GetByteCount(chunk).ToString("x", CultureInfo.InvariantCulture);
            await WriteAsync($"{size}\r\n{chunk}\r\n").ConfigureAwait(false);
        }
    }

    /// <summary>Ends a stream in good order.</summary>
    public Task EndAsync() => WriteAsync("0\r\n\r\n");

    /// <summary>Leaves the stream open and silent until the client or the server goes away.</summary>
    public async Task HoldAsync()
    {
        byte[] one = new byte[1];
        await client.GetStream().ReadAsync(one, stop).ConfigureAwait(false);
        throw new IOException("the client went away");
    }

    /// <summary>Resets the connection.</summary>
    public void Abort()
    {
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
        throw new IOException("aborted by the script");
    }

    /// <summary>Closes the connection without finishing the answer.</summary>
    public void Close()
    {
        client.Close();
        throw new IOException("closed by the script");
    }

    /// <summary>Raw bytes.</summary>
    public Task WriteAsync(string raw) => client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(raw), stop).AsTask();
}
