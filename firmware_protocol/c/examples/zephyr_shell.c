/* A sketch of the radio's part for Zephyr: how the events of its stack reach open_sensor.h.
 *
 * NOT COMPILED AND NOT RUN by us: there is no Zephyr where this repository is tested. Names follow Zephyr 3.x;
 * the board (inertial sensor, light, settings, button) is left out.
 *
 * prj.conf: CONFIG_BT=y CONFIG_BT_PERIPHERAL=y CONFIG_BT_SMP=y CONFIG_BT_SMP_SC_ONLY=y CONFIG_BT_BONDABLE=y
 *   CONFIG_BT_MAX_CONN=1 CONFIG_BT_MAX_PAIRED=2 CONFIG_BT_SETTINGS=y CONFIG_BT_PRIVACY=y CONFIG_BT_BAS=y
 *   CONFIG_BT_DIS=y CONFIG_BT_GATT_CLIENT=y (the sensor starts the MTU exchange) CONFIG_BT_L2CAP_TX_MTU=247
 *   CONFIG_BT_BUF_ACL_TX_SIZE=251 CONFIG_BT_BUF_ACL_RX_SIZE=251 CONFIG_BT_USER_DATA_LEN_UPDATE=y
 *   CONFIG_BT_USER_PHY_UPDATE=y
 */
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/kernel.h>

#include "../open_sensor.h"

#define UUID(id) BT_UUID_DECLARE_128(BT_UUID_128_ENCODE(0x860a0000 + (id), 0xe3f6, 0x42f7, 0x82b5, 0xf48a83c986ed))

extern struct osp_sensor sensor; /* initialised by the board */

K_MUTEX_DEFINE(lock);       /* around every call into open_sensor.h */
K_SEM_DEFINE(buffers, 4, 4); /* notifications that the stack may hold */
static struct bt_conn *link_now;
static void pump(struct k_work *work);
K_WORK_DELAYABLE_DEFINE(pump_work, pump);

/* Microseconds since start, 48 bits and more; the board stamps samples with the same clock. */
static uint64_t now_us(void)
{
    return k_ticks_to_us_floor64(k_uptime_ticks());
}

static void wake(void)
{
    k_work_reschedule(&pump_work, K_NO_WAIT);
}

/* ---- attributes ----------------------------------------------------------------------------- */

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *value,
                        uint16_t size, uint16_t offset, uint8_t flags)
{
    uint8_t error;
    if (offset != 0 || (flags & BT_GATT_WRITE_FLAG_PREPARE) != 0) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    k_mutex_lock(&lock, K_FOREVER);
    error = osp_sensor_write(&sensor, value, size, now_us());
    k_mutex_unlock(&lock);
    wake();
    return error == OSP_ATT_FINE ? size : BT_GATT_ERR(error);
}

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *out,
                       uint16_t room, uint16_t offset)
{
    static uint8_t value[OSP_INFO_MAX_BYTES]; /* also of a read in parts: the info is short and stable */
    enum osp_channel channel = (enum osp_channel)(uintptr_t)attr->user_data;
    size_t size;
    uint8_t error;
    k_mutex_lock(&lock, K_FOREVER);
    error = osp_sensor_read(&sensor, channel, now_us(), value, &size);
    k_mutex_unlock(&lock);
    if (error != OSP_ATT_FINE) {
        return BT_GATT_ERR(error);
    }
    return bt_gatt_attr_read(conn, attr, out, room, offset, value, (uint16_t)size);
}

static void enable(enum osp_channel channel, uint16_t value)
{
    k_mutex_lock(&lock, K_FOREVER);
    osp_sensor_enable(&sensor, channel, value != 0, now_us());
    k_mutex_unlock(&lock);
    wake();
}
static void on_control(const struct bt_gatt_attr *attr, uint16_t value) { enable(OSP_CHANNEL_CONTROL, value); }
static void on_live(const struct bt_gatt_attr *attr, uint16_t value) { enable(OSP_CHANNEL_LIVE, value); }
static void on_backfill(const struct bt_gatt_attr *attr, uint16_t value) { enable(OSP_CHANNEL_BACKFILL, value); }
static void on_status(const struct bt_gatt_attr *attr, uint16_t value) { enable(OSP_CHANNEL_STATUS, value); }

#define CCC(changed) BT_GATT_CCC(changed, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE_ENCRYPT)

BT_GATT_SERVICE_DEFINE(service, BT_GATT_PRIMARY_SERVICE(UUID(1)), /* attribute 0 */
                       BT_GATT_CHARACTERISTIC(UUID(2), BT_GATT_CHRC_WRITE | BT_GATT_CHRC_INDICATE,
                                              BT_GATT_PERM_WRITE_ENCRYPT, NULL, on_write, NULL),
                       CCC(on_control),
                       BT_GATT_CHARACTERISTIC(UUID(3), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
                       CCC(on_live),
                       BT_GATT_CHARACTERISTIC(UUID(4), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
                       CCC(on_backfill),
                       BT_GATT_CHARACTERISTIC(UUID(5), BT_GATT_CHRC_READ, BT_GATT_PERM_READ_ENCRYPT, on_read,
                                              NULL, (void *)OSP_CHANNEL_INFO),
                       BT_GATT_CHARACTERISTIC(UUID(6), BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_READ_ENCRYPT, on_read, NULL,
                                              (void *)OSP_CHANNEL_STATUS),
                       CCC(on_status));

/* Values of the characteristics among the attributes above. */
static const uint8_t attribute_of[] = {0, 2, 5, 8, 11, 13};

/* ---- sending -------------------------------------------------------------------------------- */

static void on_sent(struct bt_conn *conn, void *user_data)
{
    k_sem_give(&buffers);
    wake();
}

static void on_indicated(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t error)
{
    k_mutex_lock(&lock, K_FOREVER);
    osp_sensor_confirmed(&sensor, now_us());
    k_mutex_unlock(&lock);
    wake();
}

static int send(enum osp_channel channel, const uint8_t *value, size_t size)
{
    static struct bt_gatt_indicate_params indication; /* lasts until it is confirmed: one at a time */
    static uint8_t indicated[OSP_CONTROL_MAX_BYTES];
    struct bt_gatt_notify_params params = {.attr = &service.attrs[attribute_of[channel]],
                                           .data = value, .len = (uint16_t)size, .func = on_sent};
    if (channel != OSP_CHANNEL_CONTROL) {
        return bt_gatt_notify_cb(link_now, &params);
    }
    memcpy(indicated, value, size);
    indication.attr = params.attr;
    indication.func = on_indicated;
    indication.data = indicated;
    indication.len = params.len;
    k_sem_give(&buffers); /* an indication is counted by its confirmation */
    return bt_gatt_indicate(link_now, &indication);
}

/* Hands over what waits while the stack has room, and comes back in time for the rest. */
static void pump(struct k_work *work)
{
    static uint8_t value[OSP_VALUE_MAX_BYTES];
    uint64_t at_us;
    k_mutex_lock(&lock, K_FOREVER);
    while (k_sem_take(&buffers, K_NO_WAIT) == 0) {
        size_t size;
        enum osp_channel channel = osp_sensor_next(&sensor, now_us(), value, &size);
        if (channel == OSP_CHANNEL_NONE) {
            k_sem_give(&buffers);
            at_us = osp_sensor_wanted_at_us(&sensor);
            if (at_us != OSP_NEVER_US) {
                uint64_t now = now_us();
                k_work_reschedule(&pump_work, K_USEC(at_us > now ? at_us - now : 0));
            }
            break;
        }
        if (send(channel, value, size) != 0) {
            /* Refused: the link must go, so that the client asks for what is missing. */
            bt_conn_disconnect(link_now, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
            break;
        }
    }
    k_mutex_unlock(&lock);
}

/* ---- link ----------------------------------------------------------------------------------- */

static void on_mtu(struct bt_conn *conn, uint16_t tx, uint16_t rx)
{
    k_mutex_lock(&lock, K_FOREVER);
    osp_sensor_set_mtu(&sensor, tx);
    k_mutex_unlock(&lock);
}
static struct bt_gatt_cb gatt_callbacks = {.att_mtu_updated = on_mtu};

static void on_exchanged(struct bt_conn *conn, uint8_t error, struct bt_gatt_exchange_params *params) {}

static void on_connected(struct bt_conn *conn, uint8_t error)
{
    static struct bt_gatt_exchange_params exchange = {.func = on_exchanged};
    if (error != 0) {
        return;
    }
    link_now = bt_conn_ref(conn);
    k_sem_init(&buffers, 4, 4);
    k_mutex_lock(&lock, K_FOREVER);
    osp_sensor_connected(&sensor, now_us());
    k_mutex_unlock(&lock);
    bt_gatt_exchange_mtu(conn, &exchange); /* browsers cannot */
    bt_conn_le_data_len_update(conn, BT_LE_DATA_LEN_PARAM_MAX);
    bt_conn_le_phy_update(conn, BT_CONN_LE_PHY_PARAM_2M);
    bt_conn_le_param_update(conn, BT_LE_CONN_PARAM(12, 24, 0, 500)); /* 15 to 30 ms, 0, 5 s */
}

static void on_security(struct bt_conn *conn, bt_security_t level, enum bt_security_err error)
{
    k_mutex_lock(&lock, K_FOREVER);
    osp_sensor_set_encrypted(&sensor, error == 0 && level >= BT_SECURITY_L2);
    k_mutex_unlock(&lock);
    /* Notifications that a bond remembers are enabled without a write: tell the sensor of them here, with
     * bt_gatt_is_subscribed and osp_sensor_enable. */
    wake();
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    k_mutex_lock(&lock, K_FOREVER);
    osp_sensor_disconnected(&sensor, now_us());
    k_mutex_unlock(&lock);
    bt_conn_unref(link_now);
    link_now = NULL;
    wake(); /* keep_s is counted in osp_sensor_next */
    /* Advertise again: at least every 100 ms for 60 s, then at least every second while measuring. */
}

BT_CONN_CB_DEFINE(link_callbacks) = {.connected = on_connected,
                                     .disconnected = on_disconnected,
                                     .security_changed = on_security};

void open_sensor_shell_init(void)
{
    bt_enable(NULL);
    bt_gatt_cb_register(&gatt_callbacks);
    wake();
}
